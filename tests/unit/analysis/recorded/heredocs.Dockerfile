FROM base:2
RUN <<EOF
echo one
echo two
EOF
RUN <<-EOF
	echo tabbed
	echo x
	EOF
RUN cat <<A <<B > /o
in a
A
in b
B
RUN <<EOF
#!/bin/sh
echo shebang
EOF
RUN <<'E F' cat > /q
quoted $HOME
E F
COPY <<one.txt <<"two.txt" /h/
content
one.txt
more
two.txt
COPY <<EOF /single.txt
content
EOF
RUN sh <<EOF && echo done
echo inner
EOF
