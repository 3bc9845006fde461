"""One extractor a layer, each a class with ``find(draft)``; they meet only through the spans found so far."""
