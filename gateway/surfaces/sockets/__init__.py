"""The live side: one ``Connection`` per browser, over WebSocket, event stream or long poll."""
