"""The composition: settings, the wiring of the rooms into processes, and the demo. ``app.py`` is its command line.

- ``settings``     what an operator may set, from the environment or ``.env``, checked at start.
- ``server``       the one place that builds the server: store, CloudLink, auth, bot and pages on one listener.
- ``mail``         the mail worker and the password pages.
- ``packaging``    the zip for Teams from the settings.
- ``demo``         everything on one machine: server, gateway, simulator and Agents Playground as processes.
- ``administration`` accounts, users and gateways from the command line; ``storage`` opens the database.
- ``processes``    children that live and die together; ``health`` what a supervisor asks;
                   ``proxy`` the address of a client behind one.
- ``gateway``      the command line of the process beside the PBX; ``gateway_setup`` its first use.
- ``running``      how a process runs until it is told to stop.
- ``playground``   Microsoft's Agents Playground as a child process, bound to loopback.
- ``logs``         the format of the log.

In come settings, out go running processes. It imports every room and no room imports it. A new setting belongs in
``settings``, a new collaborator in ``server``; behaviour belongs in a room.
"""
