using System.Buffers;
using System.Buffers.Binary;
using Ingestion.IndexTask.Segment.Codecs;

namespace Ingestion.IndexTask.Segment.Writing;

/// <summary>Front-coded values in buckets: each value is what it shares with an earlier one of its bucket, as a length, and the rest.</summary>
internal static class FrontCodedWriter
{
    /// <summary>In the place where a plain list has its version.</summary>
    public const byte Marker = 0x7F;

    public const byte EncodingId = 1;

    public static void Write(Utf8Dictionary dictionary, StringDictionaryEncoding.FrontCoded encoding, SegmentOutput output)
    {
        var nulls = dictionary.HasNull ? 1 : 0;
        var values = dictionary.Count - nulls;
        var bucketEnds = new int[((long)values + encoding.BucketSize - 1) / encoding.BucketSize];
        var buckets = new ArrayBufferWriter<byte>(Math.Max(256, dictionary.Bytes.Length));
        for (var bucket = 0; bucket < bucketEnds.Length; bucket++)
        {
            var first = bucket * encoding.BucketSize;
            var last = (int)Math.Min(values - 1, (long)first + encoding.BucketSize - 1);
            WriteValue(dictionary.Utf8(first + nulls), buckets);
            for (var i = first + 1; i <= last; i++)
            {
                var value = dictionary.Utf8(i + nulls);
                var shared = value.CommonPrefixLength(dictionary.Utf8((encoding.FormatVersion == 0 ? first : i - 1) + nulls));
                WriteNumber(shared, buckets);
                WriteValue(value[shared..], buckets);
            }

            bucketEnds[bucket] = buckets.WrittenCount;
        }

        WriteHeader(values, nulls, 4L * Math.Max(0, bucketEnds.Length - 1) + buckets.WrittenCount, encoding, output);
        for (var bucket = 0; bucket < bucketEnds.Length - 1; bucket++)
            output.Int32(BinaryPrimitives.ReverseEndianness(bucketEnds[bucket]));
        output.Write(buckets.WrittenSpan);
    }

    private static void WriteHeader(int values, int nulls, long size, StringDictionaryEncoding.FrontCoded encoding, SegmentOutput output)
    {
        if (size > int.MaxValue)
            throw new SegmentListTooLargeException();
        var header = new ArrayBufferWriter<byte>(16);
        header.Write([Marker, EncodingId, (byte)encoding.FormatVersion, (byte)encoding.BucketSize, (byte)nulls]);
        WriteNumber(values, header);
        WriteNumber((int)size, header);
        output.Write(header.WrittenSpan);
    }

    private static void WriteValue(ReadOnlySpan<byte> value, ArrayBufferWriter<byte> target)
    {
        WriteNumber(value.Length, target);
        target.Write(value);
    }

    private static void WriteNumber(int number, ArrayBufferWriter<byte> target) =>
        target.Advance(VByte.Write(number, target.GetSpan(VByte.MaxBytes)));
}
