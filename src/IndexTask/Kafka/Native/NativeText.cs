using System.Runtime.InteropServices;
using System.Text;

namespace Ingestion.IndexTask.Kafka.Native;

internal static unsafe class NativeText
{
    /// <param name="text">UTF-8 that ends with a zero byte, or null.</param>
    public static string Read(byte* text) => text == null ? "" : Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));

    public static string Read(byte* text, int length) => text == null ? "" : Encoding.UTF8.GetString(text, length).TrimEnd('\0');
}
