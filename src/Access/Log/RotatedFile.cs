namespace Ingestion.Access.Log;

/// <summary>A file that is set aside when it has grown to its size: <c>requests.log</c> becomes <c>requests.1.log</c>, which becomes <c>requests.2.log</c>, and so on; the last one goes. One writer.</summary>
internal sealed class RotatedFile : IDisposable
{
    private readonly string folder, name;
    private readonly long size;
    private readonly int kept;
    private FileStream? current;

    /// <param name="size">Bytes after which the next text begins a new file.</param>
    /// <param name="kept">Files beside the one that is written.</param>
    public RotatedFile(string folder, string name, long size, int kept)
    {
        (this.folder, this.name, this.size, this.kept) = (folder, name, size, kept);
        Directory.CreateDirectory(folder);
    }

    public string Current => Path.Combine(folder, $"{name}.log");

    /// <exception cref="IOException">Not, or not all of it, written; the next one may be.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public void Write(ReadOnlySpan<byte> text)
    {
        if (current is null) current = new FileStream(Current, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 65_536);
        if (current.Position > 0 && current.Position + text.Length > size)
        {
            Rotate();
            current = new FileStream(Current, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 65_536);
        }
        current.Write(text);
    }

    /// <exception cref="IOException">As <see cref="Write"/>.</exception>
    public void Flush() => current?.Flush();

    public void Dispose() => Close();

    private void Rotate()
    {
        Close();
        File.Delete(Old(kept));
        for (var i = kept - 1; i >= 1; i--)
            if (File.Exists(Old(i))) File.Move(Old(i), Old(i + 1));
        File.Move(Current, Old(1));
    }

    private string Old(int number) => Path.Combine(folder, $"{name}.{number}.log");

    private void Close()
    {
        var closing = current;
        current = null; // also where what is left cannot be written
        closing?.Dispose();
    }
}
