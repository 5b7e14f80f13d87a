FROM base:2
USER 1000:1000
WORKDIR /home/x
COPY --chown=app:app a.txt .
RUN echo $HOME
