FROM base:2
COPY *.txt /all/
COPY ["with space.txt", "/spaced dir/"]
ADD a.txt b.txt /two/
ADD t.tar /un/
COPY . /ctx
COPY dir /dir
