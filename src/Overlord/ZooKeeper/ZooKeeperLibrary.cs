using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ingestion.Overlord.ZooKeeper;

/// <summary>The functions of ZooKeeper's official C client (zookeeper.h, libzookeeper_mt) that we use: the asynchronous ones. It calls back on threads of its own, on which
/// nothing of ours may wait. Loaded when it is first called, so that a program without ZooKeeper does not need it.</summary>
internal static unsafe partial class ZooKeeperLibrary
{
    private const string Library = "libzookeeper_mt.so.2";

    // enum ZOO_ERRORS
    public const int Ok = 0, ConnectionLoss = -4, OperationTimeout = -7, InvalidState = -9, NoNode = -101, NodeExists = -110, SessionExpired = -112, Closing = -116;

    // Types and states of events
    public const int SessionEvent = -1, Connected = 3, Expired = -112, AuthFailed = -113;

    private static readonly Lazy<nint> OpenAcl = new(() => NativeLibrary.GetExport(NativeLibrary.Load(Library), "ZOO_OPEN_ACL_UNSAFE"));

    /// <summary>Anybody may do anything, as Druid's nodes have it.</summary>
    public static nint AnybodyMayDoAnything => OpenAcl.Value;

    /// <summary>Why it cannot be used; null: it can.</summary>
    public static string? Missing => NativeLibrary.TryLoad(Library, out _) ? null : $"ZooKeeper's C client {Library} cannot be loaded: apt-get install libzookeeper-mt2 (Debian, Ubuntu), or build it from Apache ZooKeeper's zookeeper-client/zookeeper-client-c";

    public static string Text(int code) => Marshal.PtrToStringUTF8((nint)Words(code)) ?? $"error {code}";

    [LibraryImport(Library, EntryPoint = "zoo_set_debug_level")]
    public static partial void SetLogLevel(int level);

    /// <returns>Zero, with errno, when the text names no address.</returns>
    [LibraryImport(Library, EntryPoint = "zookeeper_init", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial nint Open(string hosts, delegate* unmanaged[Cdecl]<nint, int, int, byte*, nint, void> watcher, int sessionMillis, ClientId* session, nint context, int flags);

    [LibraryImport(Library, EntryPoint = "zookeeper_close")]
    public static partial int Close(nint handle);

    [LibraryImport(Library, EntryPoint = "zoo_client_id")]
    public static partial ClientId* Session(nint handle);

    [LibraryImport(Library, EntryPoint = "zoo_recv_timeout")]
    public static partial int SessionMillis(nint handle);

    [LibraryImport(Library, EntryPoint = "zoo_acreate", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Create(nint handle, string path, byte* data, int length, nint acl, int mode, delegate* unmanaged[Cdecl]<int, byte*, nint, void> completion, nint context);

    [LibraryImport(Library, EntryPoint = "zoo_adelete", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Delete(nint handle, string path, int version, delegate* unmanaged[Cdecl]<int, nint, void> completion, nint context);

    [LibraryImport(Library, EntryPoint = "zoo_aexists", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Exists(nint handle, string path, int watch, delegate* unmanaged[Cdecl]<int, NodeStat*, nint, void> completion, nint context);

    [LibraryImport(Library, EntryPoint = "zoo_awget", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Get(nint handle, string path, delegate* unmanaged[Cdecl]<nint, int, int, byte*, nint, void> watcher, nint watchContext,
        delegate* unmanaged[Cdecl]<int, byte*, int, NodeStat*, nint, void> completion, nint context);

    [LibraryImport(Library, EntryPoint = "zoo_aget_children", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Children(nint handle, string path, int watch, delegate* unmanaged[Cdecl]<int, Names*, nint, void> completion, nint context);

    [LibraryImport(Library, EntryPoint = "zerror")]
    private static partial byte* Words(int code);

    /// <summary>clientid_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct ClientId
    {
        public long Id;
        public Secret Password;
    }

    [InlineArray(16)]
    public struct Secret
    {
        private byte first;
    }

    /// <summary>struct Stat.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct NodeStat
    {
        public long CreatedBy, ModifiedBy, CreatedAt, ModifiedAt;
        public int Version, ChildVersion, AclVersion;
        public long EphemeralOwner;
        public int Length, Children;
        public long ChildrenModifiedBy;
    }

    /// <summary>struct String_vector.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Names
    {
        public int Count;
        public byte** Data;
    }
}
