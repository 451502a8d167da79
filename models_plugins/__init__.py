"""The built-in architectures, one small file each, loaded by entry point exactly as a stranger's."""
