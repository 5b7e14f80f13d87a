# syntax-free comment
FROM base:2

RUN echo a \
 && echo b \
  # a comment
    # another

	&& echo   c \

 && echo 'd   e' # tail
RUN   echo    spaced     out   
copy a.txt \
   b.txt \
   /many/
run \
  echo lower
