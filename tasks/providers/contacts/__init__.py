"""Where contacts come from: Microsoft, Google, and whatever else a sync reads, behind one port."""
