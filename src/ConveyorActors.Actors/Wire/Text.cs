using System.Runtime.CompilerServices;

namespace ConveyorActors.Actors.Wire;

/// <summary>Converts strings without loss.</summary>
static class Text
{
    /// <summary>Escapes a string so that UTF-8 can carry it.</summary>
    public static string ToProto(this string? text, [CallerArgumentExpression(nameof(text))] string field = "") =>
        text is null ? throw Field.CreateMissingError(field) : LosslessText.Escape(text);

    /// <summary>Returns the original string.</summary>
    public static string FromProto(this string text) => LosslessText.Unescape(text);
}
