using System.Runtime.CompilerServices;

namespace ConveyorActors.Actors.Wire;

/// <summary>
/// Maps an enum's values to their numbers on the wire, pair by pair, so that renumbering one side does not affect the
/// other.
/// </summary>
/// <remarks>
/// A value without a pair is refused in both directions. The wire's 0 means that the field is missing.
/// </remarks>
sealed class EnumMap<TDomain, TProto>(params (TDomain Domain, TProto Proto)[] pairs)
    where TDomain : struct, Enum
    where TProto : struct, Enum
{
    public TProto ToProto(TDomain value, [CallerArgumentExpression(nameof(value))] string field = "")
    {
        foreach (var pair in pairs)
            if (EqualityComparer<TDomain>.Default.Equals(pair.Domain, value))
                return pair.Proto;
        throw Field.CreateWrongError(field, value, $"a {typeof(TDomain).Name}");
    }

    public TDomain FromProto(TProto value, [CallerArgumentExpression(nameof(value))] string field = "") =>
        FromProtoOrNull(value, field) ?? throw Field.CreateMissingError(field);

    /// <summary>Returns the value; null: the field is missing.</summary>
    public TDomain? FromProtoOrNull(TProto value, [CallerArgumentExpression(nameof(value))] string field = "")
    {
        if (EqualityComparer<TProto>.Default.Equals(value, default))
            return null;
        foreach (var pair in pairs)
            if (EqualityComparer<TProto>.Default.Equals(pair.Proto, value))
                return pair.Domain;
        throw Field.CreateWrongError(
            field,
            value,
            $"a {typeof(TDomain).Name} that this version knows; the peer may be newer"
        );
    }
}
