namespace Ingestion.Overlord.Commands;

/// <summary>A command that asks an overlord: what was given, whom it asks, and where it writes.</summary>
internal sealed record CommandCall(CommandArguments Arguments, OverlordCalls Overlord, Terminal Terminal, CancellationToken Stop)
{
    /// <summary>The only operand: a supervisor's id, or a file.</summary>
    public string Operand => Arguments.Operands[0];

    public void Write(string line) => Terminal.Output.WriteLine(TextTable.Plain(line));

    public void Write(TextTable table, string? ifEmpty = null)
    {
        if (!table.IsEmpty) table.Write(Terminal.Output);
        else if (ifEmpty is not null) Terminal.Output.WriteLine(ifEmpty);
    }

    /// <summary>With <c>--json</c> the answer is written as it came.</summary>
    public bool ShowsRaw(Answer answer)
    {
        if (!Arguments.Has("--json")) return false;
        Terminal.Output.WriteLine(answer.Text);
        return true;
    }

    /// <summary>Asks back, unless <c>--yes</c> says it already.</summary>
    /// <exception cref="CommandFailure">There is nobody to ask.</exception>
    public async Task<bool> IsMeantAsync(string question, string expected)
    {
        if (Arguments.Has("--yes")) return true;
        if (!Terminal.CanAsk) throw CommandFailure.Usage("nobody is there to confirm it: give --yes");
        await Terminal.Error.WriteAsync(TextTable.Plain(question));
        await Terminal.Error.FlushAsync(Stop);
        if ((await Terminal.Input.ReadLineAsync(Stop))?.Trim() == expected) return true;
        await Terminal.Error.WriteLineAsync("Nothing was done.");
        return false;
    }
}
