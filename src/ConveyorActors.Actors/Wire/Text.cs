using System.Runtime.CompilerServices;

namespace ConveyorActors.Actors.Wire;

/// <summary>Strings in messages, exactly as they are.</summary>
static class Text
{
    /// <summary>The string as UTF-8 can carry it.</summary>
    public static string ToProto(this string? text, [CallerArgumentExpression(nameof(text))] string field = "") =>
        text is null ? throw Field.Missing(field) : LosslessText.Escape(text);

    /// <summary>The string as it was.</summary>
    public static string FromProto(this string text) => LosslessText.Unescape(text);
}
