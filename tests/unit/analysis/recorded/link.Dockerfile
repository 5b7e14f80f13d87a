FROM base:2 AS s
RUN echo s > /s
FROM base:2
COPY --link a.txt /a
COPY --link --chown=1000 --from=s /s /t
COPY --link --chmod=644 b.txt /b/
ADD --link b.txt /c/
WORKDIR /d
RUN echo end
