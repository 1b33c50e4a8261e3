package dev.raftsman.cli;

import dev.raftsman.client.ConsumerException;
import dev.raftsman.client.RaftsmanConsumer;
import dev.raftsman.client.StreamRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The records of several consumers as they come. A thread for each waits; what it has taken is handed over, one at a time,
 * so that a consumer's position is that of what was handed on. One consumer is asked by the caller's own thread.
 */
final class Interleaved implements AutoCloseable {
    private static final Duration TURN = Duration.ofSeconds(1);

    private final List<RaftsmanConsumer> consumers;
    private final SynchronousQueue<Next> queue = new SynchronousQueue<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicInteger running;
    private volatile ConsumerException refusal;

    /** @param stream number of the consumer */
    record Next(int stream, StreamRecord record) {}

    /** @param consumers stay the caller's */
    Interleaved(List<RaftsmanConsumer> consumers) {
        this.consumers = consumers;
        this.running = new AtomicInteger(consumers.size());
        if (consumers.size() > 1) {
            for (int i = 0; i < consumers.size(); i++) {
                int number = i;
                Thread thread = new Thread(() -> hand(number), "tail-" + i);
                thread.setDaemon(true);
                threads.add(thread);
                thread.start();
            }
        }
    }

    private void hand(int number) {
        RaftsmanConsumer consumer = consumers.get(number);
        try {
            while (!consumer.isOver()) {
                StreamRecord record = consumer.poll(TURN);
                if (record != null) {
                    queue.put(new Next(number, record));
                }
            }
        } catch (ConsumerException e) {
            refusal = e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            running.decrementAndGet();
        }
    }

    /** @return null if none came in time */
    Next poll(long nanos) throws InterruptedException {
        if (threads.isEmpty()) {
            StreamRecord record = consumers.get(0).poll(Duration.ofNanos(nanos));
            return record == null ? null : new Next(0, record);
        }
        ConsumerException refused = refusal;
        if (refused != null) {
            throw refused;
        }
        return queue.poll(nanos, TimeUnit.NANOSECONDS);
    }

    /** Whether none will come any more. */
    boolean isOver() {
        return threads.isEmpty() ? consumers.get(0).isOver() : running.get() == 0;
    }

    @Override
    public void close() {
        threads.forEach(Thread::interrupt);
    }
}
