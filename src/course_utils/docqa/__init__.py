"""The reference architecture as a small running system: document question answering."""
