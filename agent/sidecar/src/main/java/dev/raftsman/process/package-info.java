/**
 * What becomes of bytes before they are a block: which encoding they are in, what container runtimes have wrapped around
 * lines, which lines are one event.
 *
 * <p>In come whole lines as they lie in a file; out go pieces of text into a {@link
 * dev.raftsman.block.EventBlockBuilder}. Nothing is remembered between two calls: what is not decided is offered again.
 * Files that need none of this never come here. Thread: that of the input. Begin with {@link
 * dev.raftsman.process.EventCutter}; what joins lines is told by a {@link dev.raftsman.process.MultilineRule}.
 */
package dev.raftsman.process;
