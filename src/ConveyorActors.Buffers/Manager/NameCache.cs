using System.Runtime.CompilerServices;

namespace ConveyorActors.Buffers.Manager;

/// <summary>Finds recently used objects by the identity of the name string, without hashing the name.</summary>
/// <remarks>
/// Thread-safe: a slot is one reference, and its name is checked. The owner detects a stale entry (IsRemoved) and looks
/// the name up again.
/// </remarks>
struct NameCache<TNamed>
    where TNamed : class, INamed
{
    const int Slots = 64;

    readonly TNamed?[] recent = new TNamed?[Slots];

    public NameCache() { }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly TNamed? Find(string name)
    {
        var found = recent[GetSlot(name)];
        return found is not null && ReferenceEquals(found.Id, name) ? found : null;
    }

    public readonly void Keep(TNamed named, string name)
    {
        if (ReferenceEquals(named.Id, name))
            recent[GetSlot(name)] = named;
    }

    public readonly void Forget(TNamed named)
    {
        if (ReferenceEquals(recent[GetSlot(named.Id)], named))
            recent[GetSlot(named.Id)] = null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int GetSlot(string name) => name.Length == 0 ? 0 : (name[^1] + name.Length * 7) & (Slots - 1);
}

/// <summary>An object with a name.</summary>
interface INamed
{
    string Id { get; }
}
