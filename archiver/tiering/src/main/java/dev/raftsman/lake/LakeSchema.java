package dev.raftsman.lake;

import static org.apache.parquet.schema.LogicalTypeAnnotation.stringType;
import static org.apache.parquet.schema.LogicalTypeAnnotation.timestampType;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.BINARY;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.INT64;

import io.delta.kernel.types.DateType;
import io.delta.kernel.types.LongType;
import io.delta.kernel.types.MapType;
import io.delta.kernel.types.StringType;
import io.delta.kernel.types.StructType;
import io.delta.kernel.types.TimestampType;
import org.apache.parquet.schema.ConversionPatterns;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimeUnit;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.Type.Repetition;
import org.apache.parquet.schema.Types;

/** The table's columns, as drawn on this package's page: once for the files and once for the log. */
final class LakeSchema {
    /** The day of an event in UTC, in the log and in a file's path; not a column of the files. */
    static final String DATE = "date";

    static final String TIME = "time";
    static final String LEVEL = "level";
    static final String LOGGER = "logger";
    static final String THREAD = "thread";
    static final String MESSAGE = "message";
    static final String THROWABLE = "throwable";
    static final String ATTRIBUTES = "attributes";
    static final String LABELS = "labels";
    static final String TENANT = "tenant";
    static final String STREAM = "stream";
    static final String PRODUCER = "producer";
    static final String EPOCH = "epoch";
    static final String SEQUENCE = "sequence";
    static final String SEGMENT = "segment";

    /** The columns of a file. What is never null is required there, so that no level is stored for it. */
    static final MessageType FILE = new MessageType(
            "event",
            Types.required(INT64).as(timestampType(true, TimeUnit.MICROS)).named(TIME),
            text(Repetition.OPTIONAL, LEVEL),
            text(Repetition.OPTIONAL, LOGGER),
            text(Repetition.OPTIONAL, THREAD),
            text(Repetition.REQUIRED, MESSAGE),
            text(Repetition.OPTIONAL, THROWABLE),
            texts(ATTRIBUTES),
            texts(LABELS),
            text(Repetition.REQUIRED, TENANT),
            text(Repetition.REQUIRED, STREAM),
            text(Repetition.REQUIRED, PRODUCER),
            Types.required(INT64).named(EPOCH),
            Types.required(INT64).named(SEQUENCE),
            text(Repetition.REQUIRED, SEGMENT));

    /** The same for the log. Everything may be null there: columns may be added later, and old files lack them. */
    static final StructType TABLE = new StructType()
            .add(TIME, TimestampType.TIMESTAMP)
            .add(LEVEL, StringType.STRING)
            .add(LOGGER, StringType.STRING)
            .add(THREAD, StringType.STRING)
            .add(MESSAGE, StringType.STRING)
            .add(THROWABLE, StringType.STRING)
            .add(ATTRIBUTES, new MapType(StringType.STRING, StringType.STRING, true))
            .add(LABELS, new MapType(StringType.STRING, StringType.STRING, true))
            .add(TENANT, StringType.STRING)
            .add(STREAM, StringType.STRING)
            .add(PRODUCER, StringType.STRING)
            .add(EPOCH, LongType.LONG)
            .add(SEQUENCE, LongType.LONG)
            .add(SEGMENT, StringType.STRING)
            .add(DATE, DateType.DATE);

    private LakeSchema() {}

    private static PrimitiveType text(Repetition repetition, String name) {
        return Types.primitive(BINARY, repetition).as(stringType()).named(name);
    }

    private static GroupType texts(String name) {
        return ConversionPatterns.mapType(
                Repetition.REQUIRED,
                name,
                "key_value",
                text(Repetition.REQUIRED, "key"),
                text(Repetition.REQUIRED, "value"));
    }
}
