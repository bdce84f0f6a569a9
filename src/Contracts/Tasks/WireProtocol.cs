using System.Globalization;

namespace Ingestion.Contracts.Tasks;

/// <summary>The protocol between overlords and workers. A release that the other side would misread raises <see cref="Current"/>; what is merely added does not, since unknown members are ignored.
/// A worker of another protocol is INACTIVE: it finishes the tasks that it has and gets no new ones.</summary>
public static class WireProtocol
{
    public const int Current = 1;

    /// <summary>This program's release.</summary>
    public static readonly string Release = typeof(WireProtocol).Assembly.GetName().Version?.ToString(3) ?? "0";

    /// <summary>As <see cref="CommandHeaders.Protocol"/> has it.</summary>
    public static readonly string Header = string.Create(CultureInfo.InvariantCulture, $"{Current}/{Release}");

    /// <param name="protocol">What the other side says; null: nothing, as those did that had the first protocol.</param>
    /// <param name="release">Its release, as it says.</param>
    /// <param name="other">What it is: <c>the worker</c>.</param>
    /// <param name="self">What this process is: <c>this overlord</c>.</param>
    /// <returns>Why the two cannot work together, naming both; null: they can.</returns>
    public static string? Objection(string? protocol, string? release, string other, string self) =>
        (protocol ?? "1") == Current.ToString(CultureInfo.InvariantCulture) ? null
            : $"version: {other} speaks protocol [{protocol}] (release {release ?? "unknown"}), {self} protocol [{Current}] (release {Release})";

    /// <summary>Reads <see cref="CommandHeaders.Protocol"/>, and says as <see cref="Objection(string?, string?, string, string)"/> why a worker cannot work with that leader.</summary>
    /// <param name="header">Null or empty: it has none.</param>
    public static string? ObjectionToLeader(string? header)
    {
        if (header == Header) return null;
        var parts = (header ?? "").Split('/', 2);
        return Objection(parts[0].Length == 0 ? null : parts[0], parts.Length > 1 ? parts[1] : null, "the leader", "this worker");
    }
}
