"""Reading images: one reader a transport, by skopeo's names, behind one small protocol."""
