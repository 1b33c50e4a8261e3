/**
 * The load of {@code bench cluster}: a process of its own that sends the lines of a file, as fast as they are taken or at a
 * pace, and measures how long acknowledgements take. The same for our collectors and for what is measured beside them: only
 * the {@link dev.raftsman.load.Producer} differs.
 *
 * <p>Enters: the file, mapped; commands on standard input. Leaves: blocks on sockets; what was counted on standard output, a
 * line for each moment:
 *
 * <pre>
 *  asked   load RATE LEAD_MILLIS LEAD_BYTES MEASURE_MILLIS          total
 *  said    begun                                                    total events=N rawBytes=N stored=N ...
 *          ended seconds=S events=N rawBytes=N wireBytes=N
 *          drained ack.p50=SECONDS ... block.p50=SECONDS ...
 * </pre>
 *
 * <p>Between begun and ended acknowledgements are counted; times are of the events that were made between them, whenever they
 * were acknowledged, so that nothing slow is left out. A paced event is as old as the pace says, not as its thread managed.
 *
 * <p>Threads: each producer makes events on one and hears of acknowledgements on another. Start reading at {@link
 * dev.raftsman.load.LoadProcess}.
 */
package dev.raftsman.load;
