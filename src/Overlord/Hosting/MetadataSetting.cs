using Ingestion.Contracts.Settings;
using Npgsql;

namespace Ingestion.Overlord.Hosting;

/// <summary>What <c>--metadata</c> names, checked before anything starts.</summary>
internal static class MetadataSetting
{
    /// <exception cref="FormatException">Neither a PostgreSQL URL nor a connection string that Npgsql takes.</exception>
    public static string ToConnectionString(string text)
    {
        var connectionString = MetadataUrl.ToConnectionString(text);
        try { return new NpgsqlConnectionStringBuilder(connectionString).ConnectionString; }
        catch (ArgumentException e) { throw new FormatException($"the metadata database is neither a PostgreSQL URL nor a connection string: {e.Message}", e); }
    }
}
