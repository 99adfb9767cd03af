#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""GStreamer's RTSP server in the place of a printer's camera, with TLS. usage: rtsp_server.py basic|digest CODE CERT KEY"""
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

login, code, cert, key = sys.argv[1:5]
Gst.init(None)
server = GstRtspServer.RTSPServer.new()
server.set_address("127.0.0.1")
server.set_service("0")
auth = GstRtspServer.RTSPAuth.new()
auth.set_tls_certificate(Gio.TlsCertificate.new_from_files(cert, key))
token = GstRtspServer.RTSPToken()
token.set_string("media.factory.role", "user")
if login == "digest":
    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    auth.add_digest("bblp", code, token)
else:
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic("bblp", code), token)
server.set_auth(auth)
factory = GstRtspServer.RTSPMediaFactory.new()
factory.set_launch("( videotestsrc is-live=1 ! video/x-raw,width=640,height=360,framerate=10/1 "
                   "! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 ! rtph264pay name=pay0 pt=96 )")
factory.set_shared(True)
permissions = GstRtspServer.RTSPPermissions()
permissions.add_permission_for_role("user", "media.factory.access", True)
permissions.add_permission_for_role("user", "media.factory.construct", True)
factory.set_permissions(permissions)
server.get_mount_points().add_factory("/streaming/live/1", factory)
if server.attach(None) == 0:
    sys.exit("cannot listen")
print("port", server.get_bound_port(), flush=True)
GLib.MainLoop().run()
