"""The OpenAPI 3.1 document of the public API, served at ``/2017-09-01/openapi.json`` to everybody.

- ``operations``  every operation with its body, its answer and its errors: a new one is written down here
- ``schemas``     the shapes of answers; those of bodies come from the models that check them
- ``document``    puts both together

The tests run every described operation with made-up requests and hold the answers to the document.
"""
