# escape=`
FROM base:2
RUN echo a `
    && echo "b \\ c"
COPY a.txt `
     /x
