edge_stop() { :; }
