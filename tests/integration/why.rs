//! Explanations of heaps drawn by hand.
