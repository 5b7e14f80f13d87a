"""Finding the images of a repository: Dockerfiles, compose files, bake files, all of them others' text."""
