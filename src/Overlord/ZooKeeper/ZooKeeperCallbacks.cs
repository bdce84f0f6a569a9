using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ingestion.Overlord.ZooKeeper;

/// <summary>Where the C client's threads come in. A call waits here under a number, which is the context that the client hands back; whatever waits for it goes on on a thread of ours.</summary>
internal static unsafe class ZooKeeperCallbacks
{
    private static readonly ConcurrentDictionary<nint, object> Waiting = new();
    private static long last;

    /// <summary>A number for what is to be found again by <see cref="Find"/>.</summary>
    public static nint Add(object waiting)
    {
        var context = (nint)Interlocked.Increment(ref last);
        Waiting[context] = waiting;
        return context;
    }

    public static void Remove(nint context) => Waiting.TryRemove(context, out _);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void SessionChanged(nint handle, int type, int state, byte* path, nint context)
    {
        if (type == ZooKeeperLibrary.SessionEvent && Waiting.TryGetValue(context, out var session)) ((ZooKeeperSession)session).StateChanged(handle, state);
    }

    /// <summary>A watch hears of its node once, and of every change of the session until then.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void NodeChanged(nint handle, int type, int state, byte* path, nint context)
    {
        if ((type != ZooKeeperLibrary.SessionEvent || state == ZooKeeperLibrary.Expired) && Waiting.TryRemove(context, out var watch)) ((TaskCompletionSource)watch).TrySetResult();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void Done(int code, nint context) => Complete(context, code, true);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void Created(int code, byte* path, nint context) => Complete(context, code, Marshal.PtrToStringUTF8((nint)path) ?? "");

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void Seen(int code, ZooKeeperLibrary.NodeStat* stat, nint context) => Complete(context, code, stat == null ? default : *stat);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void Read(int code, byte* data, int length, ZooKeeperLibrary.NodeStat* stat, nint context) => Complete<byte[]>(context, code, data == null || length <= 0 ? [] : new ReadOnlySpan<byte>(data, length).ToArray());

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void Listed(int code, ZooKeeperLibrary.Names* names, nint context)
    {
        var list = new List<string>();
        for (var i = 0; names != null && i < names->Count; i++) list.Add(Marshal.PtrToStringUTF8((nint)names->Data[i]) ?? "");
        Complete(context, code, list);
    }

    private static void Complete<T>(nint context, int code, T result)
    {
        if (!Waiting.TryRemove(context, out var waiting)) return;
        var call = (TaskCompletionSource<T>)waiting;
        if (code == ZooKeeperLibrary.Ok) call.TrySetResult(result);
        else call.TrySetException(new ZooKeeperException(code, $"ZooKeeper: {ZooKeeperLibrary.Text(code)}"));
    }
}
