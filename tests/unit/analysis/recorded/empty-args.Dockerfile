FROM base:2
ARG A
ARG B=b
ARG C="c d"
RUN echo one
ARG B=b2
ENV C=env
RUN echo two "|3"
