FROM base:2
RUN echo x >> /x
RUN echo x >> /x
COPY a.txt /a
RUN echo x >> /x
COPY a.txt /a
WORKDIR /w
RUN true
WORKDIR /w
RUN true
