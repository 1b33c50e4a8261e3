package dev.raftsman.kafka;

import dev.raftsman.load.LineCursor;
import dev.raftsman.load.LoadProcess;
import dev.raftsman.load.Pace;
import dev.raftsman.load.Producer;
import dev.raftsman.load.Tally;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends each line as a record, through a {@link KafkaProducer} and into a partition of its own for each producer.
 *
 * <p>Settings, where they are not Kafka's defaults: {@code acks=all} with {@code min.insync.replicas=2} of three,
 * {@code compression.type=zstd} at our level, {@code linger.ms} as ours, {@code buffer.memory} as much as ours may have
 * unacknowledged, and {@code batch.size=256 KiB}: its 16 KiB would cost it most of its throughput.
 */
final class KafkaLoad implements Producer {
    private static final int BATCH_BYTES = 256 << 10;
    private static final int START_MILLIS = 240_000;
    private static final int CUT_BYTES = 64 << 10;
    private static final long LOOK_NANOS = 1_000_000;

    private final KafkaProducer<byte[], byte[]> producer;
    private final Admin admin;
    private final TopicPartition partition;
    private final LineCursor lines;
    private final Tally tally = new Tally();
    private volatile Exception failure;

    private KafkaLoad(KafkaProducer<byte[], byte[]> producer, Admin admin, TopicPartition partition, LineCursor lines) {
        this.producer = producer;
        this.admin = admin;
        this.partition = partition;
        this.lines = lines;
    }

    /** {@code FILE BOOTSTRAP TOPIC PRODUCERS LINGER_MILLIS WINDOW_BYTES FLUSH_EACH}. */
    public static void main(String[] args) throws Exception {
        String topic = args[2];
        int count = Integer.parseInt(args[3]);
        LineCursor[] cursors = LineCursor.open(Path.of(args[0]), count);
        Admin admin = Admin.create(Map.of("bootstrap.servers", args[1], "default.api.timeout.ms", START_MILLIS));
        NewTopic created = new NewTopic(topic, count, (short) 3);
        created.configs(
                Boolean.parseBoolean(args[6])
                        ? Map.of("min.insync.replicas", "2", "flush.messages", "1")
                        : Map.of("min.insync.replicas", "2"));
        admin.createTopics(List.of(created)).all().get(START_MILLIS, TimeUnit.MILLISECONDS);
        List<KafkaLoad> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                    Map.of(
                            "bootstrap.servers",
                            args[1],
                            "acks",
                            "all",
                            "compression.type",
                            "zstd",
                            "compression.zstd.level",
                            1,
                            "linger.ms",
                            Integer.parseInt(args[4]),
                            "batch.size",
                            BATCH_BYTES,
                            "buffer.memory",
                            Math.max(2L * BATCH_BYTES, Long.parseLong(args[5]))),
                    new ByteArraySerializer(),
                    new ByteArraySerializer());
            all.add(new KafkaLoad(producer, admin, new TopicPartition(topic, i), cursors[i]));
        }
        LoadProcess.serve(all);
    }

    @Override
    public void produce(Pace pace, BooleanSupplier stop) throws Exception {
        long made = 0;
        while (!stop.getAsBoolean()) {
            if (pace.isFree()) {
                lines.cutBytes(CUT_BYTES);
                sendEach(pace, 0);
            } else {
                int due = pace.made(made, System.nanoTime());
                if (due == 0) {
                    Pace.sleepUntil(Math.max(pace.madeNanos(made), System.nanoTime() + LOOK_NANOS));
                } else {
                    lines.cutLines(due, CUT_BYTES);
                    sendEach(pace, made);
                    made += lines.lines();
                }
            }
            if (failure != null) {
                throw failure;
            }
        }
        producer.flush();
        if (failure != null) {
            throw failure;
        }
    }

    private void sendEach(Pace pace, long firstEvent) {
        ByteBuffer cut = lines.view(lines.from(), lines.bytes());
        for (int i = 0; i < lines.lines(); i++) {
            int end = dev.raftsman.block.Lines.next(cut, cut.position(), cut.limit());
            byte[] line = new byte[end - cut.position()];
            cut.get(line);
            cut.get(); // The newline.
            long madeNanos = pace.isFree() ? System.nanoTime() : pace.madeNanos(firstEvent + i);
            producer.send(
                    new ProducerRecord<>(partition.topic(), partition.partition(), null, line), (stored, refused) -> {
                        if (refused == null) {
                            tally.acknowledged(1, line.length + 1L, madeNanos, 0, System.nanoTime());
                        } else {
                            failure = refused;
                        }
                    });
        }
    }

    @Override
    public Tally tally() {
        return tally;
    }

    @Override
    public long wireBytes() {
        Optional<? extends Metric> bytes = producer.metrics().entrySet().stream()
                .filter(metric -> metric.getKey().name().equals("outgoing-byte-total")
                        && metric.getKey().group().equals("producer-metrics"))
                .map(Map.Entry::getValue)
                .findFirst();
        return bytes.map(metric -> ((Number) metric.metricValue()).longValue()).orElse(0L);
    }

    /** Its client sends again by itself. */
    @Override
    public long reconnects() {
        return 0;
    }

    @Override
    public long stored() throws Exception {
        return admin.listOffsets(Map.of(partition, OffsetSpec.latest()))
                .partitionResult(partition)
                .get(30, TimeUnit.SECONDS)
                .offset();
    }

    @Override
    public void close() {
        producer.close();
    }
}
