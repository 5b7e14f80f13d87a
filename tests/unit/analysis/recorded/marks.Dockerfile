FROM base:2
RUN echo '# buildkit' '#(nop) COPY x in /y ' # buildkit
RUN echo "|2 A=1 B=2 /bin/sh -c hi"
RUN echo é 漢字 '`x`' | cat
RUN printf '\033[31m' && echo ${HOME:-x} $(echo y) $$
ENV M=$a,b\ c
RUN /bin/sh -c "echo nested"
