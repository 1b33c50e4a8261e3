package dev.raftsman.appender.metrics;

import dev.raftsman.event.LossReason;
import dev.raftsman.ring.EventRing;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * Shows the application's appenders to Micrometer, those that are open and those to come:
 *
 * <pre>{@code
 * new RaftsmanMetrics().bindTo(registry);                              // anywhere
 * @Bean MeterBinder raftsmanMetrics() { return new RaftsmanMetrics(); } // Spring Boot
 * }</pre>
 *
 * <p>Meters are tagged with app and stream. Counters go on over a restart of an appender, as a new configuration makes it.
 *
 * <table>
 * <caption>Meters</caption>
 * <tr><td>{@code raftsman.appender.events.claimed}</td><td>counter: given a sequence</td></tr>
 * <tr><td>{@code raftsman.appender.events.written}</td><td>counter: in the log</td></tr>
 * <tr><td>{@code raftsman.appender.events.forced}</td><td>counter: on the disk</td></tr>
 * <tr><td>{@code raftsman.appender.events.lost}</td><td>counter, tagged with its reason: given up</td></tr>
 * <tr><td>{@code raftsman.appender.ring.events}</td><td>gauge: in the ring now</td></tr>
 * <tr><td>{@code raftsman.appender.ring.slots}</td><td>gauge: most that it holds</td></tr>
 * <tr><td>{@code raftsman.appender.wal.bytes}</td><td>gauge: what the log takes</td></tr>
 * <tr><td>{@code raftsman.appender.wal.quota.bytes}</td><td>gauge: most that it may take</td></tr>
 * <tr><td>{@code raftsman.appender.recording}</td><td>gauge: 1 while events are written, else 0</td></tr>
 * </table>
 *
 * <p>Any thread.
 */
public final class RaftsmanMetrics implements MeterBinder, AutoCloseable {
    private static final String PREFIX = "raftsman.appender.";

    private final List<Binding> bindings = new ArrayList<>();

    @Override
    public void bindTo(MeterRegistry registry) {
        Binding binding = new Binding(registry);
        synchronized (bindings) {
            bindings.add(binding);
        }
        LiveAppenders.listen(binding);
    }

    /** Counts no further and follows no new appenders; the meters stay as they are. */
    @Override
    public void close() {
        synchronized (bindings) {
            bindings.forEach(LiveAppenders::forget);
            bindings.clear();
        }
    }

    /** One registry. It is not kept alive by this: a test or a web application may just drop it. */
    private static final class Binding implements LiveAppenders.Listener {
        private final WeakReference<MeterRegistry> registry;

        /** Kept here, since meters keep nothing alive that they read. */
        private final Map<Tags, Group> groups = new HashMap<>();

        Binding(MeterRegistry registry) {
            this.registry = new WeakReference<>(registry);
        }

        @Override
        public void opened(AppenderFigures appender) {
            MeterRegistry open = registry.get();
            if (open == null) {
                LiveAppenders.forget(this);
                return;
            }
            Tags tags = Tags.of("app", appender.getApp(), "stream", appender.getStream());
            Group group = groups.get(tags);
            if (group == null) {
                group = new Group();
                groups.put(tags, group);
                group.register(open, tags);
            }
            group.add(appender);
        }

        @Override
        public void closed(AppenderFigures appender) {
            groups.values().forEach(group -> group.remove(appender));
        }
    }

    /** The appenders of one app and stream: mostly one, none between two, two while one takes over from another. */
    private static final class Group {
        private static final List<ToLongFunction<AppenderFigures>> COUNTS = counts();
        private static final int CLAIMED = 0;
        private static final int WRITTEN = 1;
        private static final int FORCED = 2;
        private static final int LOST = 3;

        private final List<AppenderFigures> appenders = new ArrayList<>();

        /** Of those that are closed. */
        private final long[] before = new long[COUNTS.size()];

        private static List<ToLongFunction<AppenderFigures>> counts() {
            List<ToLongFunction<AppenderFigures>> counts = new ArrayList<>(List.of(
                    AppenderFigures::getClaimedEvents,
                    AppenderFigures::getWrittenEvents,
                    AppenderFigures::getForcedEvents));
            for (LossReason reason : LossReason.values()) {
                counts.add(figures -> figures.lost(reason));
            }
            return counts;
        }

        synchronized void add(AppenderFigures appender) {
            appenders.add(appender);
        }

        synchronized void remove(AppenderFigures appender) {
            if (appenders.remove(appender)) {
                for (int i = 0; i < before.length; i++) {
                    before[i] += COUNTS.get(i).applyAsLong(appender);
                }
            }
        }

        private synchronized double count(int which) {
            long count = before[which];
            for (AppenderFigures appender : appenders) {
                count += COUNTS.get(which).applyAsLong(appender);
            }
            return count;
        }

        private synchronized double sum(ToLongFunction<AppenderFigures> figure) {
            return appenders.stream().mapToLong(figure).sum();
        }

        private static long isRecording(AppenderFigures appender) {
            return appender.getState().equals(EventRing.State.RECORDING.name()) ? 1 : 0;
        }

        void register(MeterRegistry registry, Tags tags) {
            counter(registry, "events.claimed", tags, CLAIMED, "events given a sequence");
            counter(registry, "events.written", tags, WRITTEN, "events in the write-ahead log");
            counter(registry, "events.forced", tags, FORCED, "events forced to the disk");
            for (LossReason reason : LossReason.values()) {
                if (reason != LossReason.NONE) {
                    counter(
                            registry,
                            "events.lost",
                            tags.and("reason", reason.name()),
                            LOST + reason.code(),
                            "events given up, counted and declared");
                }
            }
            gauge(registry, "ring.events", tags, "events", group -> group.sum(AppenderFigures::getRingEvents));
            gauge(registry, "ring.slots", tags, "events", group -> group.sum(AppenderFigures::getRingSlots));
            gauge(registry, "wal.bytes", tags, "bytes", group -> group.sum(AppenderFigures::getWalBytes));
            gauge(registry, "wal.quota.bytes", tags, "bytes", group -> group.sum(AppenderFigures::getWalQuotaBytes));
            gauge(registry, "recording", tags, null, group -> group.sum(Group::isRecording));
        }

        private void counter(MeterRegistry registry, String name, Tags tags, int which, String description) {
            FunctionCounter.builder(PREFIX + name, this, group -> group.count(which))
                    .tags(tags)
                    .baseUnit("events")
                    .description(description)
                    .register(registry);
        }

        private void gauge(
                MeterRegistry registry, String name, Tags tags, String unit, ToDoubleFunction<Group> figure) {
            Gauge.builder(PREFIX + name, this, figure).tags(tags).baseUnit(unit).register(registry);
        }
    }
}
