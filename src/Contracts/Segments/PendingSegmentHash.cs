using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Ingestion.Contracts.Segments;

/// <summary>The unique key of a pending segment (column <c>sequence_name_prev_id_sha1</c>, with <c>skipSegmentLineageCheck: true</c>): it is
/// what makes replicas, which share a sequence name, get the same segment.</summary>
public static class PendingSegmentHash
{
    /// <summary>Upper-case hex SHA-1 over the UTF-8 sequence name, 0xFF, start and end milliseconds as little-endian int64, 0xFF, the version.</summary>
    public static string Compute(string sequenceName, Interval interval, string version)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        Span<byte> millis = stackalloc byte[8];
        hash.AppendData(Encoding.UTF8.GetBytes(sequenceName));
        hash.AppendData([0xFF]);
        BinaryPrimitives.WriteInt64LittleEndian(millis, interval.StartMillis);
        hash.AppendData(millis);
        BinaryPrimitives.WriteInt64LittleEndian(millis, interval.EndMillis);
        hash.AppendData(millis);
        hash.AppendData([0xFF]);
        hash.AppendData(Encoding.UTF8.GetBytes(version));
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
