namespace Ingestion.Contracts.Specs;

/// <summary>How several JSON values in one event are told apart.</summary>
public enum JsonFraming
{
    /// <summary>One behind the other; one that cannot be read takes the event's others with it.</summary>
    Whole,

    /// <summary>One behind the other; each is read by itself, up to the first that is no JSON (<c>useJsonNodeReader</c>).</summary>
    Values,

    /// <summary>One on each line, read by itself (<c>assumeNewlineDelimited</c>).</summary>
    Lines,
}
