package dev.raftsman.lake;

import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.ParquetProperties;
import org.apache.parquet.column.values.ValuesWriter;
import org.apache.parquet.column.values.delta.DeltaBinaryPackingValuesWriterForLong;
import org.apache.parquet.column.values.dictionary.DictionaryValuesWriter.PlainBinaryDictionaryValuesWriter;
import org.apache.parquet.column.values.factory.ValuesWriterFactory;
import org.apache.parquet.column.values.fallback.FallbackValuesWriter;
import org.apache.parquet.column.values.plain.PlainValuesWriter;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;

/**
 * How each column's values are laid down in its pages. Numbers rise by little, so they are stored as differences; messages
 * and throwables are seldom the same twice, so they are stored as they are and left to zstd; every other text comes from a
 * dictionary, until that grows too big. All of these are encodings that readers know since Parquet 2.
 */
final class LakeEncodings implements ValuesWriterFactory {
    private ParquetProperties properties;

    @Override
    public void initialize(ParquetProperties parquetProperties) {
        properties = parquetProperties;
    }

    @Override
    public ValuesWriter newValuesWriter(ColumnDescriptor column) {
        if (column.getPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.INT64) {
            return new DeltaBinaryPackingValuesWriterForLong(
                    properties.getInitialSlabSize(), properties.getPageSizeThreshold(), properties.getAllocator());
        }
        ValuesWriter plain = new PlainValuesWriter(
                properties.getInitialSlabSize(), properties.getPageSizeThreshold(), properties.getAllocator());
        if (!properties.isDictionaryEnabled(column)) {
            return plain;
        }
        return FallbackValuesWriter.of(new RunAwareDictionary(properties), plain);
    }

    /** A dictionary that does not look the value up that it had last: by far most values are that one. */
    private static final class RunAwareDictionary extends PlainBinaryDictionaryValuesWriter {
        private Binary last;
        private int lastId;

        RunAwareDictionary(ParquetProperties properties) {
            super(
                    properties.getDictionaryPageSizeThreshold(),
                    Encoding.RLE_DICTIONARY,
                    Encoding.PLAIN,
                    properties.getAllocator());
        }

        @Override
        @SuppressWarnings("ReferenceEquality") // An equal value in another object is found by the lookup.
        public void writeBytes(Binary value) {
            if (value == last) {
                encodedValues.add(lastId);
                return;
            }
            super.writeBytes(value);
            lastId = binaryDictionaryContent.getInt(value);
            last = value.isBackingBytesReused() ? null : value;
        }

        @Override
        protected void clearDictionaryContent() {
            last = null;
            super.clearDictionaryContent();
        }
    }
}
