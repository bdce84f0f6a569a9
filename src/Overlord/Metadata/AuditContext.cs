namespace Ingestion.Overlord.Metadata;

/// <summary>Who asked for a change, for its row in the audit table. The default is the overlord itself.</summary>
public sealed record AuditContext
{
    public static readonly AuditContext Overlord = new();

    /// <summary>Whose credentials they were; header <c>X-Druid-Author</c> where none are asked for.</summary>
    public string Author { get; init; } = "";

    /// <summary>Header <c>X-Druid-Comment</c>.</summary>
    public string Comment { get; init; } = "";
    public string Identity { get; init; } = "allowAll";
    public string Ip { get; init; } = "127.0.0.1";
    public string Method { get; init; } = "POST";
    public string Uri { get; init; } = "/druid/indexer/v1/supervisor";
    public string? QueryParams { get; init; }

    /// <summary>Of the request, for the calls that it brings about; not in the audit table. Null: no request asked.</summary>
    public string? RequestId { get; init; }
}
