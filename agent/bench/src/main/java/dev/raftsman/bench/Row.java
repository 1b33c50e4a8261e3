package dev.raftsman.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** All figures of one set-up. */
final class Row {
    final Setup setup;
    /** Events a second, by number of threads. */
    final Map<Integer, Samples> throughput = new TreeMap<>();

    final Samples p50Nanos = new Samples();
    final Samples p99Nanos = new Samples();
    final Samples p999Nanos = new Samples();
    final Samples maxNanos = new Samples();
    final Samples allocatedBytes = new Samples();
    final Samples cpuSecondsPerMillion = new Samples();
    final Samples diskBytes = new Samples();
    final Samples killedLost = new Samples();
    final Samples killedDeclared = new Samples();
    final List<String> outliers = new ArrayList<>();

    /** Over all runs but the killed ones. */
    long calls;

    long lost;
    long declared;

    /** What a run found that must not be: it makes the row worthless. */
    final List<String> broken = new ArrayList<>();

    Row(Setup setup) {
        this.setup = setup;
    }

    /** Calls are taken or stored or declared, in the set-ups that declare; in the others what is missing is lost. */
    void account(String run, long callsMade, long taken, Stored stored) {
        calls += callsMade;
        long found = setup.storage() == Setup.Storage.NONE ? taken : stored.events();
        long missing = callsMade - found;
        if (missing < 0) {
            broken.add(run + ": %,d calls, but %,d events".formatted(callsMade, found));
        }
        lost += Math.max(0, missing);
        declared += stored.declared();
        if (setup.storage() == Setup.Storage.WAL && missing != stored.declared()) {
            broken.add(
                    run + ": %,d calls, %,d stored, %,d declared lost".formatted(callsMade, found, stored.declared()));
        }
        if (setup.storage() == Setup.Storage.NONE && missing != 0) {
            broken.add(run + ": %,d calls, %,d taken".formatted(callsMade, found));
        }
    }

    Map<String, Samples> samples() {
        Map<String, Samples> all = new LinkedHashMap<>();
        throughput.forEach((threads, samples) -> all.put("eventsPerSecond" + threads + "Threads", samples));
        all.put("serviceP50Nanos", p50Nanos);
        all.put("serviceP99Nanos", p99Nanos);
        all.put("serviceP999Nanos", p999Nanos);
        all.put("serviceMaxNanos", maxNanos);
        all.put("allocatedBytesPerEvent", allocatedBytes);
        all.put("cpuSecondsPerMillion", cpuSecondsPerMillion);
        all.put("diskBytesPerEvent", diskBytes);
        all.put("killedLost", killedLost);
        all.put("killedDeclared", killedDeclared);
        return all;
    }
}
