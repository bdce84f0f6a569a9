using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;

namespace Ingestion.Overlord.Commands;

/// <summary><c>overlord top</c>: a cluster's supervisors by lag, again and again until q or Ctrl-C; into a pipe one frame, which takes two looks because of the speeds.</summary>
internal static class TopCommand
{
    /// <summary>Statuses that are asked for at once.</summary>
    private const int AskedAtOnce = 8;
    private const string EnterScreen = "\e[?1049h\e[?25l", LeaveScreen = "\e[?25h\e[?1049l", Home = "\e[H", ClearLine = "\e[K", ClearBelow = "\e[J";
    private static readonly TimeSpan KeyPeriod = TimeSpan.FromMilliseconds(100);

    public static async Task<int> RunAsync(CommandCall call)
    {
        var interval = call.Arguments["--interval"] is not { } text ? TimeSpan.FromSeconds(2)
            : double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and <= 3600 ? TimeSpan.FromSeconds(seconds)
            : throw CommandFailure.Usage($"--interval [{text}] is not a number of seconds, at most 3600");
        if (call.Arguments.Has("--json")) throw CommandFailure.Usage("top has no --json: list and status do");
        if (!call.Terminal.IsScreen) return await OneFrameAsync(call, interval);
        call.Terminal.Output.Write(EnterScreen);
        try { await RefreshAsync(call, interval); }
        catch (OperationCanceledException) when (call.Stop.IsCancellationRequested) { return ExitCode.Done; } // Ctrl-C is a way to end it
        finally
        {
            call.Terminal.Output.Write(LeaveScreen);
            call.Terminal.Output.Flush();
        }
        return ExitCode.Done;
    }

    private static async Task<int> OneFrameAsync(CommandCall call, TimeSpan interval)
    {
        var before = await LookAsync(call);
        await Task.Delay(interval, call.Stop);
        foreach (var line in (await LookAsync(call)).Lines(before, int.MaxValue)) call.Terminal.Output.WriteLine(line);
        return ExitCode.Done;
    }

    private static async Task RefreshAsync(CommandCall call, TimeSpan interval)
    {
        for (TopFrame? before = null; ;)
        {
            var (width, height) = call.Terminal.Size();
            IReadOnlyList<string> lines;
            try
            {
                var frame = await LookAsync(call);
                lines = frame.Lines(before, height - 1);
                before = frame;
            }
            catch (CommandFailure e) when (e.ExitCode == ExitCode.Unavailable && before is not null) { lines = [TextTable.Plain(e.Message), "", "It is asked again; q ends."]; } // a new leader takes a second or two
            call.Terminal.Output.Write(Home + string.Concat(lines.Select(l => $"{(l.Length < width ? l : l[..Math.Max(0, width - 1)])}{ClearLine}\r\n")) + ClearBelow);
            call.Terminal.Output.Flush();
            if (await IsQuitAsync(call, interval)) return;
        }
    }

    private static async Task<bool> IsQuitAsync(CommandCall call, TimeSpan interval)
    {
        for (var left = interval; left > TimeSpan.Zero; left -= KeyPeriod)
        {
            if (call.Terminal.QuitPressed()) return true;
            await Task.Delay(left < KeyPeriod ? left : KeyPeriod, call.Stop);
        }
        return call.Terminal.QuitPressed();
    }

    private static async Task<TopFrame> LookAsync(CommandCall call)
    {
        IEnumerable<string> ids = call.Arguments.Operands.Count > 0 ? call.Arguments.Operands : [.. (await call.Overlord.GetAsync(SupervisorCommands.Path, call.Stop)).Json.EnumerateArray().Select(id => id.GetString()!)];
        var lines = new ConcurrentBag<TopLine>();
        await Parallel.ForEachAsync(ids.Distinct(), new ParallelOptions { MaxDegreeOfParallelism = AskedAtOnce, CancellationToken = call.Stop }, async (id, stop) =>
        {
            try { lines.Add(TopLine.Of(id, (await call.Overlord.GetAsync(SupervisorCommands.PathOf(id, "status"), stop)).Json.Member("payload") ?? default)); }
            catch (CommandFailure e) when (e.ExitCode == ExitCode.Refused && call.Arguments.Operands.Count == 0) { return; } // terminated since it was listed
        });
        var (url, capacity) = await CapacityAsync(call);
        return new TopFrame(DateTimeOffset.UtcNow, url, capacity, lines.ToImmutableSortedDictionary(l => l.Id, l => l, StringComparer.Ordinal));
    }

    /// <returns>Who answered, and the slots; null: who asks may read single dataSources only.</returns>
    private static async Task<(string Url, (long Used, long All)? Slots)> CapacityAsync(CommandCall call)
    {
        try
        {
            var capacity = await call.Overlord.GetAsync("/druid/indexer/v1/totalWorkerCapacity", call.Stop);
            return (capacity.Url, (capacity.Json.Number("usedClusterCapacity") ?? 0, capacity.Json.Number("currentClusterCapacity") ?? 0));
        }
        catch (CommandFailure e) when (e.ExitCode == ExitCode.Refused) { return (call.Overlord.Url, null); }
    }
}
