FROM base:2
ONBUILD COPY a.txt /on/
ONBUILD RUN echo onbuild > /on/b
RUN echo parent
