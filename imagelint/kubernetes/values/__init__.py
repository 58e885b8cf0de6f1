"""Images in the values of Helm charts, recognised by shape.

``shapes`` says what is an image, ``reading`` finds it in nodes. Which fields and files hold values
is said by the catalogue and by the repository.
"""
