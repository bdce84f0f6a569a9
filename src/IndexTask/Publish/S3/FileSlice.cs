using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Ingestion.IndexTask.Publish.S3;

/// <summary>A part of a file, as it is uploaded in one call.</summary>
internal readonly record struct FileSlice(int Number, long Offset, long Length)
{
    private const int MostParts = 10_000, BufferBytes = 1 << 20;

    /// <summary>Parts of a file, numbered from 1: of the size asked for, or larger where there would be more than S3 takes.</summary>
    public static IReadOnlyList<FileSlice> Cut(long fileBytes, long partBytes)
    {
        var size = Math.Max(partBytes, (fileBytes + MostParts - 1) / MostParts);
        return [.. Enumerable.Range(0, (int)((fileBytes + size - 1) / size)).Select(i => new FileSlice(i + 1, i * size, Math.Min(size, fileBytes - i * size)))];
    }

    /// <summary>MD5, as S3 names what it has stored.</summary>
    public byte[] Digest(SafeFileHandle file, CancellationToken cancellation)
    {
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        var buffer = new byte[BufferBytes];
        for (long done = 0; done < Length;)
        {
            cancellation.ThrowIfCancellationRequested();
            var read = RandomAccess.Read(file, buffer.AsSpan(0, (int)Math.Min(buffer.Length, Length - done)), Offset + done);
            if (read == 0) throw new EndOfStreamException("a file to upload has become shorter");
            md5.AppendData(buffer, 0, read);
            done += read;
        }
        return md5.GetHashAndReset();
    }
}
