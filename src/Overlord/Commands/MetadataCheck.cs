using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.Contracts.Specs;
using Ingestion.Overlord.Hosting;
using Ingestion.Overlord.Metadata;
using Npgsql;

namespace Ingestion.Overlord.Commands;

/// <summary><c>overlord check --metadata URL</c>: what becomes of each supervisor when we take over from the Druid whose database this is. Read in transactions that cannot write.</summary>
internal static class MetadataCheck
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    /// <exception cref="CommandFailure">The database is not one, or cannot be reached.</exception>
    public static async Task<int> RunAsync(string metadata, IReadOnlyDictionary<string, string> tableSettings, bool json, Terminal terminal, CancellationToken stop)
    {
        var (rows, skipped) = await ReadAsync(metadata, tableSettings, stop);
        var checks = rows.Where(r => !r.IsTombstone).Select(Verdict.Of).ToList();
        var terminated = rows.Count - checks.Count;
        if (json) terminal.Output.WriteLine(Json(checks, skipped, terminated).ToJsonString());
        else Show(checks, skipped, terminated, terminal);
        return skipped.Count > 0 || checks.Any(c => c.IsRefused) ? ExitCode.Refused : ExitCode.Done;
    }

    private static async Task<(IReadOnlyList<StoredSpec> Newest, IReadOnlyList<string> Skipped)> ReadAsync(string metadata, IReadOnlyDictionary<string, string> tableSettings, CancellationToken stop)
    {
        try
        {
            var connection = new NpgsqlConnectionStringBuilder(MetadataSetting.ToConnectionString(metadata));
            connection.Options = $"{connection.Options} -c default_transaction_read_only=on".Trim();
            var skipped = new SkippedRows();
            await using var storage = new MetadataStorage(connection.ConnectionString, MetadataTables.FromSettings(tableSettings), Timeout);
            return (await new SpecStore(storage, skipped).NewestSpecsAsync(stop), skipped.Messages);
        }
        catch (FormatException e) { throw CommandFailure.Usage(e.Message); }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedTable) { throw CommandFailure.Refused($"this is no Druid's metadata database, or its tables have other names (--druid.metadata.storage.tables.base): {e.MessageText}"); }
        catch (Exception e) when (e is NpgsqlException or TimeoutException) { throw CommandFailure.Unavailable($"the metadata database cannot be read: {e.Message}", e); }
    }

    private static void Show(List<Verdict> verdicts, IReadOnlyList<string> skipped, int terminated, Terminal terminal)
    {
        foreach (var row in skipped) terminal.Output.WriteLine($"Unreadable: {TextTable.Plain(row)}");
        foreach (var verdict in verdicts.Where(v => v.HasDetails))
        {
            terminal.Output.WriteLine($"{TextTable.Plain(verdict.Stored.SpecId)}:");
            if (verdict.IsRefused) terminal.Output.WriteLine("  refused:");
            CheckCommand.Show(verdict.Check.Problems, "  ", terminal);
            if (verdict.Check.NotHonoured.Count > 0) terminal.Output.WriteLine("  kept, and without effect here:");
            CheckCommand.Show(verdict.Check.NotHonoured, "  ", terminal);
            foreach (var warning in verdict.Check.Warnings) terminal.Output.WriteLine($"  warning: {warning}");
            terminal.Output.WriteLine();
        }
        var table = new TextTable("SUPERVISOR", "STORED", "SUSPENDED", "VERDICT");
        foreach (var verdict in verdicts) table.Add(verdict.Stored.SpecId, verdict.Stored.Version, verdict.IsSuspended ? "yes" : "no", verdict.Sentence);
        if (!table.IsEmpty) table.Write(terminal.Output);
        terminal.Output.WriteLine($"{Words.Count(verdicts.Count, "active supervisor")}: {verdicts.Count(v => v.IsUnchanged)} taken over unchanged, {verdicts.Count(v => !v.IsUnchanged && !v.IsRefused)} with fields not honoured, {verdicts.Count(v => v.IsRefused)} refused; {terminated} terminated left out"
            + (skipped.Count > 0 ? $"; {Words.Count(skipped.Count, "row")} cannot be read" : ""));
    }

    private static JsonObject Json(List<Verdict> verdicts, IReadOnlyList<string> skipped, int terminated) => new()
    {
        ["supervisors"] = new JsonArray([.. verdicts.Select(v => new JsonObject
        {
            ["id"] = v.Stored.SpecId, ["stored"] = v.Stored.Version, ["suspended"] = v.IsSuspended, ["verdict"] = v.IsRefused ? "refused" : v.IsUnchanged ? "unchanged" : "notHonoured",
            ["problems"] = CheckCommand.Array(v.Check.Problems), ["notHonoured"] = CheckCommand.Array(v.Check.NotHonoured), ["warnings"] = CheckCommand.Array(v.Check.Warnings),
        })]),
        ["terminated"] = terminated,
        ["unreadable"] = CheckCommand.Array(skipped),
    };

    private sealed record Verdict(StoredSpec Stored, SpecCheck Check, bool IsSuspended)
    {
        public bool IsRefused => Check.Spec is null;
        public bool IsUnchanged => !IsRefused && Check.NotHonoured.Count == 0;
        public bool HasDetails => Check.Problems.Count + Check.NotHonoured.Count + Check.Warnings.Count > 0;
        public string Sentence => IsRefused ? "refused" : IsUnchanged ? "taken over unchanged" : $"taken over, not honoured: {string.Join(", ", Check.NotHonoured.Select(f => f.Path[(f.Path.LastIndexOf('.') + 1)..]))}";

        public static Verdict Of(StoredSpec stored)
        {
            using var document = JsonDocument.Parse(stored.Json);
            return new Verdict(stored, SpecCheck.Of(Encoding.UTF8.GetBytes(stored.Json)), document.RootElement.Flag("suspended"));
        }
    }

    /// <summary>What the store says of rows that it leaves out.</summary>
    private sealed class SkippedRows : ILogger<SpecStore>
    {
        private readonly List<string> messages = [];

        public IReadOnlyList<string> Messages => messages;
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
        public bool IsEnabled(LogLevel logLevel) => true;
        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => messages.Add(formatter(state, exception));
    }
}
