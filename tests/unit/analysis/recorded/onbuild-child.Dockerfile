FROM parent:1
RUN echo parent
RUN echo child
COPY a.txt /on/
