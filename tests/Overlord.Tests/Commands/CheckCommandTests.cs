using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using Ingestion.Overlord.Commands;
using Ingestion.Overlord.Tests.Api;
using Ingestion.Overlord.Tests.Metadata;
using Ingestion.Support;
using Npgsql;

namespace Ingestion.Overlord.Tests.Commands;

public sealed class CheckCommandTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Valid_spec_is_said_to_be_so_with_how_long_its_rows_wait()
    {
        var run = await CommandRun.OfAsync(["check", "-"], input: PostedSpecs.Wiki());
        Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.Error));
        Assert.Equal("Supervisor [wiki] from topic [topic-1] into dataSource [wiki]: the spec is valid.", run.Lines[0]);
        Assert.StartsWith("Warning: A row can be queried only once it is published: up to 1 h (ioConfig.taskDuration) after it was read", run.Lines[1], StringComparison.Ordinal);
        Assert.Equal(2, run.Lines.Count);
    }

    [Theory]
    [InlineData("PT4M59S", null, null)]
    [InlineData("PT5M", null, "up to 5 min (ioConfig.taskDuration)")]
    [InlineData("P1D", "PT1M", null)]
    [InlineData("P1D", "PT90M", "up to 1 h 30 min (tuningConfig.intermediateHandoffPeriod)")]
    public async Task Rows_that_wait_for_five_minutes_and_publishing_are_warned_of(string taskDuration, string? handoff, string? words)
    {
        var spec = PostedSpecs.Wiki(s =>
        {
            s["spec"]!["ioConfig"]!["taskDuration"] = taskDuration;
            s["spec"]!["tuningConfig"] = new JsonObject { ["type"] = "kafka", ["intermediateHandoffPeriod"] = handoff };
        });
        var warnings = JsonNode.Parse((await CommandRun.OfAsync(["check", "-", "--json"], input: spec)).Output)!["warnings"]!.AsArray();
        if (words is null) Assert.Empty(warnings);
        else Assert.Contains(words, (string)Assert.Single(warnings)!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_problem_is_listed_as_posting_would_list_it()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        foreach (var exchange in Recording.Read("02-bad-specs.json").Where(e => e.Path == "/druid/indexer/v1/supervisor" && !e.Note.Contains("content type", StringComparison.Ordinal)))
        {
            var posted = await overlord.SendAsync("POST", $"{exchange.Path}?dryRun=true", exchange.Body);
            var run = await CommandRun.OfAsync(["check", "-", "--json"], input: exchange.Body);
            var checkedSpec = JsonNode.Parse(run.Output)!;
            Assert.Equal((exchange.Note, posted.Status == 200, run.ExitCode), (exchange.Note, run.ExitCode == ExitCode.Done, posted.Status == 200 ? ExitCode.Done : ExitCode.Refused));
            if (posted.Status == 400) Assert.Equal((exchange.Note, JsonNode.Parse(posted.Body)!["problems"]!.ToJsonString()), (exchange.Note, checkedSpec["problems"]!.ToJsonString()));
        }
    }

    [Fact]
    public async Task What_has_no_effect_is_named_once_and_what_states_a_default_is_not()
    {
        var spec = PostedSpecs.Wiki(s =>
        {
            s["spec"]!["ioConfig"]!["pollTimeout"] = 250;
            s["spec"]!["ioConfig"]!["startDelay"] = "PT0M5S";
            s["spec"]!["tuningConfig"] = JsonNode.Parse("""{"type":"kafka","workerThreads":4,"chatRetries":8,"maxPendingPersists":0}""");
            s["ioConfig"] = s["spec"]!["ioConfig"]!.DeepClone(); // as Druid shows it
        });
        var json = JsonNode.Parse((await CommandRun.OfAsync(["check", "-", "--json"], input: spec)).Output)!;
        Assert.Equal("""[{"path":"$.spec.ioConfig.pollTimeout","message":"the consumer waits for records, not for time"},{"path":"$.spec.tuningConfig.workerThreads","message":"no thread is kept for a supervisor"}]""", json["notHonoured"]!.ToJsonString());
    }

    [Fact]
    public async Task Problems_stand_in_lines_with_their_places()
    {
        var run = await CommandRun.OfAsync(["check", "-"], input: PostedSpecs.Wiki(s =>
        {
            s["spec"]!["ioConfig"]!["taskCount"] = 0;
            s["spec"]!["ioConfig"]!["period"] = "soon";
        }));
        Assert.Equal((ExitCode.Refused, "The spec would be refused: 2 problems.\n  $.spec.ioConfig.taskCount: is 0: at least 1 is expected\n  $.spec.ioConfig.period: [soon] is not an ISO 8601 period of fixed length, such as PT1H\n"), (run.ExitCode, run.Output));
    }

    [Theory]
    [InlineData("check /no/such/file.json")]
    [InlineData("check")]
    [InlineData("check a.json b.json")]
    [InlineData("check a.json --metadata postgresql://h/d")]
    [InlineData("check --metadata mysql://h/d")]
    public async Task What_cannot_be_checked_is_said_on_the_error_output(string line)
    {
        var run = await CommandRun.OfAsync(line.Split(' '));
        Assert.Equal((ExitCode.WrongUsage, ""), (run.ExitCode, run.Output));
        Assert.StartsWith("overlord check: ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Database_that_does_not_answer_or_is_another_is_said_to_be_so()
    {
        var away = await CommandRun.OfAsync("check", "--metadata", $"postgresql://u:secret@127.0.0.1:{Embedded.Ports.Free()}/druid");
        Assert.Equal(ExitCode.Unavailable, away.ExitCode);
        Assert.DoesNotContain("secret", away.Error, StringComparison.Ordinal);
        var other = await CommandRun.OfAsync("check", "--metadata", await postgres.CreateDatabaseAsync());
        Assert.Equal(ExitCode.Refused, other.ExitCode);
        Assert.Contains("this is no Druid's metadata database", other.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_active_supervisor_of_a_druid_gets_a_verdict_and_nothing_is_written()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var connection = new NpgsqlConnection(database);
        await connection.ExecuteAsync(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Metadata", "druid-33-schema.sql")));
        const string everything = "SELECT id::text || ' ' || spec_id || ' ' || xmin::text FROM public.druid_supervisors ORDER BY id";
        using var rows = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Metadata", "druid-33-rows.json")));
        foreach (var row in rows.RootElement.GetProperty("druid_supervisors").EnumerateArray().OrderBy(r => r.GetProperty("id").GetInt32()))
            await InsertAsync(connection, row.GetProperty("spec_id").GetString()!, row.GetProperty("payload").GetString()!);
        var stored = rows.RootElement.GetProperty("druid_supervisors").EnumerateArray().Single(r => r.GetProperty("id").GetInt32() == 7).GetProperty("payload").GetString()!;
        await InsertAsync(connection, "delayed", stored);
        await InsertAsync(connection, "plain", stored.Replace("\"startDelay\":\"PT1S\"", "\"startDelay\":\"PT5S\"", StringComparison.Ordinal));
        await InsertAsync(connection, "kinesis", """{"type":"kinesis","spec":{},"suspended":true}""");
        var before = await connection.QueryAsync<string>(everything);

        var run = await CommandRun.OfAsync("check", "--metadata", database, "--json");
        var verdicts = JsonNode.Parse(run.Output)!["supervisors"]!.AsArray().Select(s => ((string)s!["id"]!, (string)s["verdict"]!, (bool)s["suspended"]!));
        Assert.Equal((ExitCode.Refused, ""), (run.ExitCode, run.Error));
        Assert.Equal([("delayed", "notHonoured", true), ("kinesis", "refused", true), ("plain", "unchanged", true)], verdicts);
        var text = await CommandRun.OfAsync("check", "--metadata", database);
        Assert.Equal("3 active supervisors: 1 taken over unchanged, 1 with fields not honoured, 1 refused; 2 terminated left out", text.Lines[^1]);
        Assert.Contains(text.Lines, l => l.StartsWith("delayed ", StringComparison.Ordinal) && l.EndsWith("taken over, not honoured: startDelay", StringComparison.Ordinal));
        Assert.Contains("    $.type: [kinesis] is not supported: use kafka", text.Lines);
        Assert.Equal(before, await connection.QueryAsync<string>(everything));
        Assert.Equal(0, await connection.ExecuteScalarAsync<int>("SELECT count(*)::int FROM pg_tables WHERE tablename LIKE 'ingestion%'"));

        static Task InsertAsync(NpgsqlConnection connection, string id, string payload) =>
            connection.ExecuteAsync("INSERT INTO public.druid_supervisors (spec_id, created_date, payload) VALUES (@id, '2026-01-01T00:00:00.000Z', convert_to(@payload, 'UTF8'))", new { id, payload });
    }

    [Fact]
    public async Task Row_that_cannot_be_read_is_named()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.ExecuteAsync("INSERT INTO druid_supervisors (spec_id, created_date, payload) VALUES ('broken', '2026-01-01T00:00:00.000Z', convert_to('{\"type\":', 'UTF8'))");
        var run = await CommandRun.OfAsync("check", "--metadata", world.Storage.ConnectionString);
        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("(broken)", run.Lines[0], StringComparison.Ordinal);
    }
}
