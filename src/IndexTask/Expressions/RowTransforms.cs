using System.Text.RegularExpressions;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Times;
using Ingestion.IndexTask.Parsing.Formats;

namespace Ingestion.IndexTask.Expressions;

/// <summary>
/// A <c>transformSpec</c> over rows, one after the other. A transform is computed when its result is first asked for, as in Druid: one that nobody asks for cannot fail.
/// Each reads the row as it came, and its time as it was read.
/// </summary>
internal sealed class RowTransforms
{
    private const string Time = "__time";
    private readonly Dictionary<string, int> places;
    private readonly Transform[] transforms;
    private readonly Node[] nodes;
    private readonly object?[] results;
    private readonly bool[] isKnown;
    private readonly FilterNode? filter;
    private readonly RowScope source, transformed;

    public RowTransforms(TransformSpec spec)
    {
        var compiler = new ExpressionCompiler();
        transforms = [.. spec.Transforms];
        nodes = [.. spec.Transforms.Select(t => compiler.Compile(t.Expression))];
        filter = spec.Filter is null ? null : FilterNode.Of(spec.Filter, compiler);
        places = transforms.Index().ToDictionary(t => t.Item.Name, t => t.Index, StringComparer.Ordinal);
        (results, isKnown) = (new object?[nodes.Length], new bool[nodes.Length]);
        (source, transformed) = (new RowScope(compiler.Locals), new RowScope(compiler.Locals) { Fields = new Fields(this) });
    }

    /// <summary>Takes the next row.</summary>
    /// <param name="time">Of the row in epoch milliseconds; afterwards the transformed one.</param>
    /// <returns>The row with its transforms, good until the next; null when the filter does not want it.</returns>
    /// <exception cref="ExpressionException">An expression has no value for the row; reading its fields may say so too.</exception>
    public FieldValues? Apply(FieldValues row, ref long time)
    {
        Array.Clear(isKnown);
        (source.Fields, source.Time) = (row, time);
        if (places.TryGetValue(Time, out var at))
            time = Instant(Result(at));
        transformed.Time = time;
        return filter is null || Guarded("the filter", this, static t => t.filter!.Matches(t.transformed, orUnknown: false)) ? transformed.Fields : null;
    }

    private object? Result(int at)
    {
        if (!isKnown[at])
            results[at] = Guarded(transforms[at].Name, (Row: this, At: at), static t => t.Row.nodes[t.At].Eval(t.Row.source).Boxed);
        isKnown[at] = true;
        return results[at];
    }

    private static long Instant(object? result)
    {
        var millis = result switch
        {
            long number => number,
            double number => (long)number,
            string text when NumberText.TryRead(text, out var number) && !char.IsAsciiLetter(text[0]) => number.AsLong,
            _ => throw new ExpressionException($"Could not transform value for {Time} reason: [{JavaText.Of(result)}] is no time in milliseconds"),
        };
        return InstantRange.Contains(millis) ? millis : throw new ExpressionException($"Could not transform value for {Time} reason: {millis} is no time of the years 0001 to 9999");
    }

    private static T Guarded<T, TState>(string what, TState state, Func<TState, T> compute)
    {
        try
        {
            return compute(state);
        }
        catch (ExpressionException e) when (!e.Message.StartsWith("Could not transform", StringComparison.Ordinal))
        {
            throw new ExpressionException($"Could not transform value for {what} reason: {e.Message}");
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new ExpressionException($"Could not transform value for {what} reason: {e.Message}");
        }
    }

    /// <summary>The row's own fields, with the results of transforms in their place. Transforms add no dimensions to those that are discovered.</summary>
    private sealed class Fields(RowTransforms owner) : FieldValues
    {
        public override IEnumerable<string> Names => owner.source.Fields.Names;

        public override IEnumerable<string> Discoverable => owner.source.Fields.Discoverable;

        public override object? Value(string name) => owner.places.TryGetValue(name, out var at) ? owner.Result(at) : owner.source.Fields.Value(name);
    }
}
