import Publications
import Testing
