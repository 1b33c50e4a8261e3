/**
 * What the sidecar reads on its host: files as they grow, standard input, and where the WALs of applications are.
 *
 * <p>In come bytes of files ({@link dev.raftsman.input.FileInput}: {@code FileFinder} knows which files there are, {@code
 * TailReader} what is in them) and of pipes ({@link dev.raftsman.input.StdinInput}, over {@code LineBatches}). {@link
 * dev.raftsman.input.BlockMaker} makes finished blocks of them, with {@link dev.raftsman.process} where lines must be looked
 * into. They go out through {@link dev.raftsman.input.BlockSink}, each with the checkpoints of its sources, into the
 * sidecar's own WAL ({@link dev.raftsman.input.BlockJournal}); the checkpoint's bytes are drawn in {@link
 * dev.raftsman.input.SourceCheckpoint}. The WALs of applications are only found here ({@link
 * dev.raftsman.input.WalDiscovery}), they are read in place.
 *
 * <p>A file is known by device, inode and the sum of its first bytes, never by its name; it is its own buffer, so what
 * was not made into a block is read again. What rotation renamed or compressed before it was seen is looked for beside its
 * name ({@code FileHistory}). Thread: {@code raftsman-inputs}; it stops reading when the WAL has no room.
 */
package dev.raftsman.input;
