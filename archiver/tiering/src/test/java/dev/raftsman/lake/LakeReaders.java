package dev.raftsman.lake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.raftsman.objects.ObjectKey;
import dev.raftsman.objects.ObjectStore;
import io.delta.kernel.Scan;
import io.delta.kernel.Snapshot;
import io.delta.kernel.TableManager;
import io.delta.kernel.data.ColumnVector;
import io.delta.kernel.data.FilteredColumnarBatch;
import io.delta.kernel.data.MapValue;
import io.delta.kernel.data.Row;
import io.delta.kernel.defaults.engine.DefaultEngine;
import io.delta.kernel.engine.Engine;
import io.delta.kernel.engine.FileReadResult;
import io.delta.kernel.internal.InternalScanFileUtils;
import io.delta.kernel.internal.data.ScanStateRow;
import io.delta.kernel.internal.util.Utils;
import io.delta.kernel.utils.CloseableIterator;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Two readers of a table that are not ours: Delta's kernel by the log, DuckDB by the files that the log names. */
public final class LakeReaders {
    private LakeReaders() {}

    /** Every row by Delta's kernel; as often as it is there. */
    public static List<LakeSample.Row> byKernel(ObjectStore store, String tenant, Path staging) throws IOException {
        Engine engine = DefaultEngine.create(new StoreFileIO(store, staging));
        Snapshot snapshot =
                TableManager.loadSnapshot(StoreFileIO.path("lake/" + tenant)).build(engine);
        Scan scan = snapshot.getScanBuilder().build();
        Row state = scan.getScanState(engine);
        List<LakeSample.Row> rows = new ArrayList<>();
        try (CloseableIterator<FilteredColumnarBatch> files = scan.getScanFiles(engine)) {
            while (files.hasNext()) {
                try (CloseableIterator<Row> scanFiles = files.next().getRows()) {
                    while (scanFiles.hasNext()) {
                        read(engine, state, scanFiles.next(), rows);
                    }
                }
            }
        }
        return rows;
    }

    private static void read(Engine engine, Row state, Row scanFile, List<LakeSample.Row> rows) throws IOException {
        CloseableIterator<FileReadResult> data = engine.getParquetHandler()
                .readParquetFiles(
                        Utils.toCloseableIterator(List.of(InternalScanFileUtils.getAddFileStatus(scanFile))
                                .iterator()),
                        ScanStateRow.getPhysicalDataReadSchema(state),
                        Optional.empty());
        try (CloseableIterator<FilteredColumnarBatch> batches =
                Scan.transformPhysicalData(engine, state, scanFile, data.map(FileReadResult::getData))) {
            while (batches.hasNext()) {
                try (CloseableIterator<Row> each = batches.next().getRows()) {
                    while (each.hasNext()) {
                        rows.add(row(each.next()));
                    }
                }
            }
        }
    }

    private static LakeSample.Row row(Row row) {
        List<String> names = row.getSchema().fieldNames();
        return new LakeSample.Row(
                text(row, names.indexOf("stream")),
                row.getLong(names.indexOf("epoch")),
                row.getLong(names.indexOf("sequence")),
                LocalDate.ofEpochDay(row.getInt(names.indexOf("date"))).toString(),
                row.getLong(names.indexOf("time")),
                text(row, names.indexOf("level")),
                text(row, names.indexOf("logger")),
                text(row, names.indexOf("thread")),
                text(row, names.indexOf("message")),
                text(row, names.indexOf("throwable")),
                map(row.getMap(names.indexOf("attributes"))),
                map(row.getMap(names.indexOf("labels"))),
                text(row, names.indexOf("producer")),
                text(row, names.indexOf("segment")));
    }

    private static String text(Row row, int column) {
        return row.isNullAt(column) ? null : row.getString(column);
    }

    private static Map<String, String> map(MapValue map) {
        Map<String, String> pairs = new TreeMap<>();
        ColumnVector keys = map.getKeys();
        for (int i = 0; i < map.getSize(); i++) {
            pairs.put(keys.getString(i), map.getValues().getString(i));
        }
        return pairs;
    }

    /** Keys of the files that the versions of the log add, read as the plain JSON they are. */
    public static List<String> filesOfLog(ObjectStore store, String tenant) throws IOException {
        String root = "lake/" + tenant + "/";
        List<ObjectKey> versions = new ArrayList<>();
        store.list(root + "_delta_log/", info -> {
            if (info.key().value().endsWith(".json")) {
                versions.add(info.key());
            }
        });
        List<String> files = new ArrayList<>();
        for (ObjectKey version : versions) {
            try (InputStream in = store.open(version)) {
                for (String line : new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8)
                        .lines()
                        .toList()) {
                    JsonNode add = new ObjectMapper().readTree(line).get("add");
                    if (add != null) {
                        files.add(root + add.get("path").asText());
                    }
                }
            }
        }
        return files;
    }

    /** DuckDB over local copies of those files. */
    public static final class Duck implements AutoCloseable {
        private final Connection connection;

        public static Duck over(ObjectStore store, String tenant, Path directory) throws IOException, SQLException {
            List<String> local = new ArrayList<>();
            for (String key : filesOfLog(store, tenant)) {
                Path copy = directory.resolve(key);
                Files.createDirectories(copy.getParent());
                try (InputStream in = store.open(new ObjectKey(key))) {
                    Files.copy(in, copy, StandardCopyOption.REPLACE_EXISTING);
                }
                local.add("'" + copy + "'");
            }
            return new Duck(local.stream().collect(Collectors.joining(", ")));
        }

        private Duck(String files) throws SQLException {
            connection = DriverManager.getConnection("jdbc:duckdb:");
            try (Statement statement = connection.createStatement()) {
                statement.execute("SET threads = 1");
                statement.execute("CREATE VIEW events AS SELECT * FROM read_parquet([" + files
                        + "], hive_partitioning = true, hive_types = {'date': DATE})");
            }
        }

        /** Rows of a query, each with its columns joined by {@code |}. */
        public List<String> ask(String query) throws SQLException {
            List<String> rows = new ArrayList<>();
            try (Statement statement = connection.createStatement();
                    ResultSet result = statement.executeQuery(query)) {
                int columns = result.getMetaData().getColumnCount();
                while (result.next()) {
                    List<String> values = new ArrayList<>();
                    for (int i = 1; i <= columns; i++) {
                        values.add(String.valueOf(result.getObject(i)));
                    }
                    rows.add(String.join("|", values));
                }
            }
            return rows;
        }

        @Override
        public void close() throws SQLException {
            connection.close();
        }
    }
}
