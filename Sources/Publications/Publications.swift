/// The engine of the presence user agent.
public enum Publications {}
